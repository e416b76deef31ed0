module "m" {
  source = "./b"
  v = 2
}
