variable "a" {
  validation {
    condition = var.a > 5
    error_message = "small"
  }
}
variable "b" {
  nullable = false
}
