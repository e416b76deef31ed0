variable "secret" {
  default   = "hunter2"
  sensitive = true
}

resource "terraform_data" "holds" {
  input = { list = [1, var.secret], plain = "x" }
}

output "shown" {
  value     = "${var.secret}!"
  sensitive = true
}

output "plain" {
  value = nonsensitive(length(var.secret))
}
