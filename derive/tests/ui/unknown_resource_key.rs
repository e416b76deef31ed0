use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing", craete = "10m")]
struct Thing {
    /// Its name.
    name: String,
}

fn main() {}
