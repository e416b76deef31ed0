module "n" {
  source = "./m"
  for_each = toset(["p"])
}
moved {
  from = module.m[1]
  to = module.n["p"]
}
