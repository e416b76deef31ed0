use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing", tags = "thing")]
struct Thing {
    /// Its name.
    name: String,
}

fn main() {}
