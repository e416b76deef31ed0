use fastcart_hcl_derive::Resource;

/// A thing.
#[derive(Resource)]
struct Thing {
    /// Its name.
    name: String,
}

fn main() {}
