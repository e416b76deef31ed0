resource "terraform_data" "a" { input = [1, 2] }
resource "terraform_data" "b" { input = tolist([1, 2]) }
resource "terraform_data" "c" { input = toset(["a"]) }
resource "terraform_data" "d" { input = { a = null } }
resource "terraform_data" "e" { input = 1 }
resource "terraform_data" "f" { triggers_replace = [1] }
resource "terraform_data" "g" { triggers_replace = { a = [{ b = 1 }] } }
