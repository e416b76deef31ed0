resource "terraform_data" "a" { input = "s2.tfstate" }
data "terraform_remote_state" "d" {
  backend = "local"
  config = { path = "${path.module}/${terraform_data.a.output}" }
}
output "o" { value = data.terraform_remote_state.d.outputs.b }
data "terraform_remote_state" "e" {
  backend = "local"
  config = { path = "${path.module}/s1.tfstate" }
  depends_on = [terraform_data.a]
}
