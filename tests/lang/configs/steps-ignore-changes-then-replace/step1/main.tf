resource "terraform_data" "a" {
  input = { a = 1, b = 2, l = [1, 2] }
  triggers_replace = 1
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "b" {
  input = { a = 1, b = 2, l = [1, 2] }
  lifecycle { ignore_changes = [input["a"], input.l[0]] }
}
resource "terraform_data" "c" {
  input = 1
  triggers_replace = 1
  lifecycle { ignore_changes = all }
}
resource "terraform_data" "d" {
  input = 1
  triggers_replace = 1
  lifecycle { ignore_changes = [triggers_replace] }
}
