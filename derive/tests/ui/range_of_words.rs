use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
#[resource("test_thing")]
struct Thing {
    /// Its size.
    #[attr(range("small", "large"))]
    size: i64,
}

fn main() {}
