terraform {
  required_providers {
    foo = { source = "-bad/foo" }
  }
}
