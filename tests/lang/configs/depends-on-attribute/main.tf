output "o" {
  value = 1
  depends_on = [terraform_data.a.id]
}
resource "terraform_data" "a" {}
