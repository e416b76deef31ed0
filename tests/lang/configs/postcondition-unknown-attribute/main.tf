resource "terraform_data" "a" {
  input = 1
  lifecycle {
    postcondition {
      condition = self.nope == 1
      error_message = "x"
    }
  }
}
