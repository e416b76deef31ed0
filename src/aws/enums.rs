//! Enumerations of the SDK as field types.
//!
//! A value that this build does not know is kept as it is: AWS adds values, and what was observed
//! yesterday must read back from the state today. Plan refuses unknown ones by the table.

/// Lets enumerations of an SDK stand in a resource struct.
#[allow(unused_macros)]
macro_rules! fields {
    ($($name:ty),* $(,)?) => {$(
        impl crate::schema::Field for $name {
            const KIND: crate::schema::Kind = crate::schema::Kind::String;
            const ONE_OF: &'static [&'static str] = <$name>::values();
            fn from_value(
                value: &crate::lang::value::Value,
            ) -> Result<Self, crate::schema::Mistake> {
                let text = value.as_str();
                text.map(Self::from).ok_or_else(|| crate::schema::Mistake::shape("a string", value))
            }
            fn to_value(&self) -> crate::lang::value::Value {
                self.as_str().into()
            }
            fn blank() -> Self {
                Self::from("")
            }
        }
    )*};
}

#[cfg(feature = "ec2")]
mod ec2 {
    use aws_sdk_ec2::types::*;

    fields!(
        AvailabilityMode,
        AvailabilityZoneState,
        ConnectivityType,
        DestinationFileFormat,
        DomainType,
        HostnameType,
        LogDestinationType,
        TaggableResourceType,
        Tenancy,
        TrafficType,
    );
}

#[cfg(feature = "kinesis")]
mod kinesis {
    use aws_sdk_kinesis::types::*;

    fields!(StreamMode);
}

#[cfg(feature = "kms")]
mod kms {
    use aws_sdk_kms::types::*;

    fields!(KeySpec, KeyUsageType);
}

#[cfg(feature = "logs")]
mod logs {
    use aws_sdk_cloudwatchlogs::types::*;

    fields!(LogGroupClass, StandardUnit);
}
