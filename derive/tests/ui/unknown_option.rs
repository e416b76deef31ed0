use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing")]
struct Thing {
    /// Its name.
    #[attr(repalce)]
    name: String,
}

fn main() {}
