module "m" {
  source = "./m"
  count  = 2
}

moved {
  from = module.m[0].terraform_data.r
  to   = module.m[1].terraform_data.r
}
