locals { m = { a = 1, b = "x" } }
output "a" { value = local.m["c"] }
output "b" { value = local.m.d }
output "c" { value = [1, 2][5] }
output "d" { value = { for k, v in local.m : "x" => v } }
output "e" { value = [1] }
output "f" { value = 1 + "a" + true }
