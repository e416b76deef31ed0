output "a" { value = 1 }
output "b" {
  value = "s"
  sensitive = true
}
output "c" { value = [1, "x"] }
output "d" { value = tolist(["x"]) }
output "n" { value = null }
