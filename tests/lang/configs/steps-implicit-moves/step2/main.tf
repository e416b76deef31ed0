resource "terraform_data" "x" {
  count = 2
  input = 1
}
