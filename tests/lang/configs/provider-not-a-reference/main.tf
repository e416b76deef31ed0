resource "terraform_data" "x" { provider = upper("terraform") }
