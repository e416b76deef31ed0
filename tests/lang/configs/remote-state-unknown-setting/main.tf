data "terraform_remote_state" "d" {
  backend = "local"
  config = { nope = 1 }
}
