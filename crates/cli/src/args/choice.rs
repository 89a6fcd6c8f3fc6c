//! Words that stand for the variants of a type which knows nothing of arguments.

/// An argument's values with their help, each the variant of the same name of the other type.
macro_rules! choices {
    ($name:ident for $of:ident { $($(#[$help:meta])* $variant:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
        pub(crate) enum $name {
            $($(#[$help])* $variant,)*
        }

        impl From<$name> for $of {
            fn from(choice: $name) -> $of {
                match choice {
                    $($name::$variant => $of::$variant,)*
                }
            }
        }
    };
}

pub(crate) use choices;
