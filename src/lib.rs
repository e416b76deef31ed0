//! Terraform-flavoured HCL, interpreted straight into AWS API calls: no Terraform, no plugins.
//!
//! ```
//! use std::{path::Path, sync::Arc};
//!
//! use fastcart_hcl::builtin::Builtin;
//! use fastcart_hcl::engine::{Engine, Inputs, PlanOptions};
//! use fastcart_hcl::lang::files::MemoryFiles;
//! use fastcart_hcl::provider::Registry;
//! use fastcart_hcl::state::MemoryStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "resource \"terraform_data\" \"hello\" {\n  input = upper(\"hello\")\n}\n";
//! let registry = Registry::new().with(Arc::new(Builtin::default()));
//! let mut engine = Engine::new(registry, Arc::new(MemoryStore::new()));
//! engine.files = Arc::new(MemoryFiles::new().with("main.tf", text));
//!
//! let (stack, found) = engine.load(Path::new("."));
//! let stack = stack.ok_or(found)?;
//! let plan = engine.plan(&stack, &Inputs::new(), &PlanOptions::default()).await.map_err(|it| it.diagnostics)?;
//! assert_eq!(plan.counts().add, 1);
//! let applied = engine.apply(&stack, &Inputs::new(), &plan).await;
//! assert!(!applied.diagnostics.has_errors());
//! # Ok(())
//! # }
//! ```
//!
//! # The way of the data
//!
//! ```text
//!  stack file ──parse──▶ Body ──▶ Config ──eval──▶ instances with Values (unknowns, marks)
//!                                                      │
//!  state ──ids──▶ refresh: one wave of reads ──────────┤
//!                                                      ▼
//!                         diff (pure) ──▶ Plan ──▶ DAG of steps ──▶ apply ──▶ journal, state, events
//! ```
//!
//! # What is where
//!
//! | module | what it does | may use |
//! |---|---|---|
//! | [`diag`] | diagnostics with places, snippets and hints | |
//! | [`address`] | `module.shop["de"].aws_subnet.app[0]` | `diag` |
//! | [`lang`] | text to values: parser, types, functions, configuration | `diag`, `address` |
//! | [`schema`] | what a resource type looks like: const tables, field types | `lang` |
//! | [`driver`], [`provider`], [`clock`] | the traits behind which the world lies | `schema` |
//! | [`state`] | what we believe exists: file, lock, journal | `address` |
//! | [`plan`] | lazy evaluation, diff, the plan, its graph, configuration for imports | `state`, `driver` |
//! | [`apply`] | does what a plan says | `plan` |
//! | [`engine`], [`event`] | the face for embedding | `apply` |
//! | [`builtin`] | `terraform_data`, `terraform_remote_state` | `driver` |
//! | `aws` | drivers on the AWS SDK, one feature a service | `driver` |
//! | `render` | plans, states and graphs as text, JSON and pictures | `engine` |
//! | `cli` | one file a command | everything |
//!
//! # Five laws, each with a test
//!
//! 1. **`lang` and `plan` do no I/O.** Only `aws` names an SDK type.
//! 2. **A driver never sees an unknown value**, except in `check`, through a view that cannot be
//!    unwrapped by accident ([`schema::View`]).
//! 3. **No driver waits, polls, retries, logs or prints.** It says what status it sees; the engine
//!    waits.
//! 4. **Apply decides nothing.** It performs the actions that the plan lists; the plan is a value.
//! 5. **Nothing is sent to AWS before its intent is on disk** ([`state::journal`]).
//!
//! # Four decisions behind it
//!
//! **Evaluation is lazy, not a walk over a graph.** A value is computed when something asks for it,
//! once ([`plan::evaluation`]). Planning first evaluates the data sources and what they need; what can
//! be read is read, until nothing is left to read, and then everything is evaluated in memory.
//!
//! **Values remember where they came from.** A mark beside `sensitive` names the resource instances
//! ([`lang::value::Origins`]), so dependencies are exact to the instance without any analysis of
//! references.
//!
//! **Create, then converge.** A driver's `create` makes the smallest object in one call; then the
//! engine loops *find → status → observe → update* until nothing differs. Creation, update, the
//! taking up of an interrupted run and import are the same path.
//!
//! **A plan is a survey.** It changes nothing, so each object is read once for whoever asks, what an
//! account tells of many objects is asked for together, and an attribute that costs a call of its own
//! but that no expression looks at stays as it was last known ([`provider::Survey`]).
//!
//! # Files on disk
//!
//! The library reads the stack's files ([`lang::files`]) and touches, through [`state::Store`], the
//! state, its backup, its lock and its journal; [`state`] has the table. The binary also writes the
//! file of outputs, saved plans, and generated configuration. Nothing else is written.

#![deny(missing_docs)]

pub mod address;
pub mod apply;
#[cfg(feature = "aws")]
pub mod aws;
pub mod builtin;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod diag;
pub mod driver;
pub mod engine;
pub mod event;
pub mod lang;
pub mod plan;
pub mod provider;
pub mod render;
pub mod schema;
pub mod state;

extern crate self as fastcart_hcl;
