check "x" {
  assert {
    condition = true
  }
}
