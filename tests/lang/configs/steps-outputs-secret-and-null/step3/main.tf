output "a" { value = null }
