# What is made of a tuple of which only the type is known.
resource "terraform_data" "t" { input = ["a", "b"] }
locals {
  u = terraform_data.t.output
}
output "a" { value = [for x in local.u : x] }
output "b" { value = { for k, v in local.u : k => v } }
output "c" { value = local.u[*] }
output "d" { value = length(local.u) }
output "e" { value = local.u[0] }
output "f" { value = concat(local.u, [1]) }
output "g" { value = reverse(local.u) }
output "h" { value = flatten([local.u, "x"]) }
output "i" { value = toset(local.u) }
output "j" { value = tolist(local.u) }
output "k" { value = join(",", local.u) }
output "l" { value = zipmap(["a", "b"], local.u) }
output "m" { value = merge({ a = 1 }, { b = local.u }) }
output "n" { value = [local.u, 1] == [["a", "b"], 2] }
output "o" { value = element(local.u, 1) }
output "p" { value = coalescelist(local.u, ["x"]) }
output "q" { value = compact(local.u) }
output "s" { value = contains(local.u, "a") }
output "t" { value = jsonencode(local.u) }
output "u" { value = distinct(local.u) }
output "v" { value = slice(local.u, 0, 1) }
output "w" { value = index(local.u, "a") }
output "x" { value = chunklist(local.u, 1) }
output "y" { value = setunion(local.u, ["c"]) }
output "z" { value = one(slice(local.u, 0, 1)) }
