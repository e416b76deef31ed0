use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing")]
struct Thing {
    /// Role that the thing has.
    #[attr(format = "amazon")]
    role: String,
}

fn main() {}
