resource "terraform_data" "a" { input = tolist([1, 2]) }
resource "terraform_data" "b" { input = [1, 2] }
resource "terraform_data" "c" { input = ["a"] }
resource "terraform_data" "d" { input = {} }
resource "terraform_data" "e" { input = "1" }
resource "terraform_data" "f" { triggers_replace = tolist([1]) }
resource "terraform_data" "g" { triggers_replace = { a = [{ b = 2 }] } }
