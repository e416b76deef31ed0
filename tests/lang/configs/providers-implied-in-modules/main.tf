terraform { required_providers { } }
resource "terraform_data" "root" { input = 1 }
module "m" { source = "./m" }
output "o" { value = module.m.x }
