resource "terraform_data" "a" {
  count = 2
  input = count.index
}
resource "terraform_data" "b" {
  input = 1
  lifecycle { replace_triggered_by = [terraform_data.a] }
}
resource "terraform_data" "c" {
  count = 2
  lifecycle { replace_triggered_by = [terraform_data.a[count.index].input] }
}
resource "terraform_data" "d" {
  for_each = { x = 0, y = 1 }
  lifecycle { replace_triggered_by = [terraform_data.a[each.value].id] }
}
