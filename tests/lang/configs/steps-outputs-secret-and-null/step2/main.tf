output "a" {
  value = 1
  sensitive = true
}
output "b" { value = "s" }
output "c" { value = [1, "y"] }
output "d" { value = ["x"] }
output "n" { value = "now" }
output "e" { value = "new" }
