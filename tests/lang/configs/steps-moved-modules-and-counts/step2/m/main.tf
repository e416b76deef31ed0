resource "terraform_data" "x" { input = 1 }
resource "terraform_data" "z" { count = 2 }
moved {
  from = terraform_data.y
  to = terraform_data.z
}
