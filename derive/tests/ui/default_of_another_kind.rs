use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing")]
struct Thing {
    /// Its size.
    #[attr(default = b"x")]
    size: String,
}

fn main() {}
