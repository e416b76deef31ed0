moved {
  from = "terraform_data.a"
  to = 1 + 2
}
