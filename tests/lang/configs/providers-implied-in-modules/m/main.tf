resource "terraform_data" "child" { input = 2 }
module "n" { source = "./n" }
output "x" { value = terraform_data.child.input }
