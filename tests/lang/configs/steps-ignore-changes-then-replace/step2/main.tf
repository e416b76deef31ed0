resource "terraform_data" "a" {
  input = { a = 9, b = 2, l = [1, 2] }
  triggers_replace = 1
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "b" {
  input = { a = 9, b = 2, l = [9, 2] }
  lifecycle { ignore_changes = [input["a"], input.l[0]] }
}
resource "terraform_data" "c" {
  input = 9
  triggers_replace = 9
  lifecycle { ignore_changes = all }
}
resource "terraform_data" "d" {
  input = 9
  triggers_replace = 9
  lifecycle { ignore_changes = [triggers_replace] }
}
