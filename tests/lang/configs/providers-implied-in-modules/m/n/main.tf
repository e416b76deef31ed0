resource "terraform_data" "grand" { 
  count = 2
  input = count.index
}
