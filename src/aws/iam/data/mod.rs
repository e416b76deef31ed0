//! Data sources of the service `iam`.

pub mod document;
pub mod policy;
pub mod policy_document;
pub mod role;

pub use policy::Policy;
pub use policy_document::PolicyDocument;
pub use role::Role;
