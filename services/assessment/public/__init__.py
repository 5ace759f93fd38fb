"""What anybody may see 公开数据, with small numbers kept back."""
