data "terraform_remote_state" "d" {
  backend = "nope"
}
