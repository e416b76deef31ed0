resource "terraform_data" "a" { input = 2 }
resource "terraform_data" "b" { input = 2 }
output "o" { value = 2 }
output "q" { value = terraform_data.a.input }
