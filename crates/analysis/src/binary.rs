//! Classes whose objects are bytes.

/// Whether objects of a class are buffers, or show the bytes of one: `ArrayBuffer`, Node's `Buffer`, the typed arrays.
pub(crate) fn is_binary(class_name: &str) -> bool {
    matches!(
        class_name,
        "ArrayBuffer"
            | "SharedArrayBuffer"
            | "DataView"
            | "Buffer"
            | "Int8Array"
            | "Uint8Array"
            | "Uint8ClampedArray"
            | "Int16Array"
            | "Uint16Array"
            | "Int32Array"
            | "Uint32Array"
            | "Float16Array"
            | "Float32Array"
            | "Float64Array"
            | "BigInt64Array"
            | "BigUint64Array"
    )
}
