import {
  to = module.nope.terraform_data.x
  id = "a"
}
