use fastcart_hcl_derive::Resource;

#[derive(Resource)]
#[resource("test_thing")]
struct Thing {
    /// Its name.
    name: String,
}

fn main() {}
