//! Calls that are sent a single time.

/// Gives a service's drivers `once()`, the settings of a call that the SDK does not repeat.
#[allow(unused_macros)]
macro_rules! once {
    ($sdk:ident) => {
        /// Sends a call a single time. Were one without client token repeated by the SDK because its
        /// reply was lost, it would make a second object, or find the name taken, by whom nobody could
        /// tell. The engine resumes the operation instead.
        pub(crate) fn once() -> $sdk::config::Builder {
            let never = ::aws_smithy_types::retry::RetryConfig::disabled();
            $sdk::config::Builder::new().retry_config(never)
        }
    };
}
#[allow(unused_imports)]
pub(crate) use once;
