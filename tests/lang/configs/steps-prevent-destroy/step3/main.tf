resource "terraform_data" "a" {
  count = 0
  lifecycle { prevent_destroy = true }
}
