module "m" {
  source = "./m"
  for_each = { x = 1, y = 2 }
  v = each.value
}
resource "terraform_data" "z" { input = module.m["x"].o }
