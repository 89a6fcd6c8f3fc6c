exports.expect = { library: '@opentelemetry/sdk-trace-base' };
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const provider = new BasicTracerProvider();
provider.addSpanProcessor(new SimpleSpanProcessor(new InMemorySpanExporter()));
const tracer = provider.getTracer('app');
exports.step = (n) => { tracer.startSpan(`GET /${n}`).end(); };
