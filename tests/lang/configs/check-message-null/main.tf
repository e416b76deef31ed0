variable "v" { default = null }
variable "t" { default = 1 }
check "x" {
  assert {
    condition = var.t == 2
    error_message = var.v
  }
}
