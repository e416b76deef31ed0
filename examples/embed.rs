//! Infrastructure as a function call: a driver of one's own, a stack from memory, typed events.
//!
//! The driver keeps "queues" in a map instead of a cloud; it is registered like those for AWS.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use fastcart_hcl::diag::Diagnostics;
use fastcart_hcl::driver::{
    AnyDataSource, AnyDriver, BoxFuture, Cloud, Driver, Failure, FailureKind, Id, Op, Result,
    Status, driver,
};
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions};
use fastcart_hcl::event::Event;
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::provider::{Provider, Registry};
use fastcart_hcl::schema::{Attribute, Out, Resource};
use fastcart_hcl::state::MemoryStore;

/// What stands for the cloud: queues and how long each keeps its messages, by name.
#[derive(Default)]
struct Shop(Mutex<BTreeMap<String, i64>>);

/// A queue of messages.
#[derive(Debug, Resource)]
#[resource("shop_queue")]
struct Queue {
    /// Name of the queue.
    #[attr(replace)]
    name: String,
    /// Days that messages are kept.
    #[attr(default = 4, range(1, 14))]
    days: i64,
    /// Address to send to.
    url: Out<String>,
}

impl Driver for Queue {
    type Cloud = Shop;
    type Seen = (String, i64);

    async fn create(&self, shop: &Shop, op: &Op) -> Result<Id> {
        let mut queues = shop.0.lock().unwrap();
        let taken = Failure::new(FailureKind::Exists, format!("there is a queue `{}`", self.name));
        let made = match queues.contains_key(&self.name) {
            true => Err(taken),
            false => {
                queues.insert(self.name.clone(), self.days);
                Ok(self.name.as_str().into())
            }
        };
        op.or_adopt(made, || self.name.as_str().into())
    }

    async fn find(id: &Id, shop: &Shop) -> Result<Option<(String, i64)>> {
        Ok(shop.0.lock().unwrap().get(&id.0).map(|days| (id.0.clone(), *days)))
    }

    fn status(_: &(String, i64)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (name, days): (String, i64)) {
        self.url.set(format!("queue://{name}"));
        self.name = name;
        self.days = days;
    }

    async fn update(&self, _: &Self, id: &Id, shop: &Shop) -> Result<()> {
        shop.0.lock().unwrap().insert(id.0.clone(), self.days);
        Ok(())
    }

    async fn delete(&self, id: &Id, shop: &Shop) -> Result<()> {
        shop.0.lock().unwrap().remove(&id.0);
        Ok(())
    }
}

/// The provider that brings it.
struct ShopProvider(Arc<Shop>);

impl Provider for ShopProvider {
    fn name(&self) -> &str {
        "shop"
    }
    fn source(&self) -> &str {
        "example.com/shop"
    }
    fn arguments(&self) -> &'static [Attribute] {
        &[]
    }
    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>> {
        vec![driver::<Queue>()]
    }
    fn data_sources(&self) -> Vec<Arc<dyn AnyDataSource>> {
        Vec::new()
    }
    fn configure<'a>(&'a self, _: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>> {
        let shop: Cloud = self.0.clone();
        Box::pin(async move { Ok(shop) })
    }
}

const STACK: &str = r#"
variable "days" {
  type = number
}
resource "shop_queue" "orders" {
  name = "orders"
  days = var.days
}
output "url" {
  value = shop_queue.orders.url
}
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let shop = Arc::new(Shop::default());
    let registry = Registry::new().with(Arc::new(ShopProvider(shop.clone())));
    let mut engine = Engine::new(registry, Arc::new(MemoryStore::new()));
    engine.files = Arc::new(MemoryFiles::new().with("main.tf", STACK));
    engine.listener = Arc::new(|event: Event| {
        if let Event::StepFinished { address, verb, took, .. } = event {
            println!("{verb:?} {address} in {took:?}");
        }
    });
    let (stack, found) = engine.load(Path::new("."));
    let stack = stack.ok_or(found)?;

    for days in [7, 10] {
        let inputs = Inputs::new().with("days", days);
        let plan = engine
            .plan(&stack, &inputs, &PlanOptions::default())
            .await
            .map_err(|it| it.diagnostics)?;
        println!("{days} days: {:?}", plan.counts());
        let applied = engine.apply(&stack, &inputs, &plan).await;
        assert!(!applied.diagnostics.has_errors(), "{}", applied.diagnostics);
        assert_eq!(applied.state.outputs["url"].value, "queue://orders");
        assert_eq!(shop.0.lock().unwrap()["orders"], days);
    }
    engine.destroy(&stack, &Inputs::new().with("days", 10)).await?;
    assert!(shop.0.lock().unwrap().is_empty());
    println!("nothing left");
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
