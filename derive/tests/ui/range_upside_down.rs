use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing")]
struct Thing {
    /// Its size.
    #[attr(range(8, 1))]
    size: i64,
}

fn main() {}
