resource "terraform_data" "a" {
  count = 1
  input = count.index
  triggers_replace = "new"
}
resource "terraform_data" "b" {
  input = 1
  lifecycle { replace_triggered_by = [terraform_data.a] }
}
resource "terraform_data" "c" {
  count = 1
  lifecycle { replace_triggered_by = [terraform_data.a[count.index].input] }
}
resource "terraform_data" "d" {
  for_each = { x = 0 }
  lifecycle { replace_triggered_by = [terraform_data.a[each.value].id] }
}
